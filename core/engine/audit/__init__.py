"""The audit of an index: how sure a rank is, over the choices and figures that could be others."""
