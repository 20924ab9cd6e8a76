// The slider of the years: what the links to the periods do by themselves, without loading the page
// anew. Whatever is done here can be reached without a script as well.
"use strict";

// Put the numbers of another page into the place of these; what was open stays open.
async function move(address, signal) {
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const other = new DOMParser().parseFromString(await answer.text(), "text/html");
  const here = document.getElementById("moving");
  const there = document.adoptNode(other.getElementById("moving"));
  for (const each of there.querySelectorAll("details")) {
    const known = here.querySelector(`details[data-key="${CSS.escape(each.dataset.key)}"]`);
    if (known) each.open = known.open;
  }
  here.replaceWith(there);
  // The way to the other language leads to the same period.
  document.querySelector("header nav").replaceWith(other.querySelector("header nav"));
  history.replaceState(null, "", address);
}

function startSlider(nav) {
  const slider = nav.querySelector("input");
  const label = nav.querySelector("label");
  const shown = nav.querySelector("output");
  const links = [...nav.querySelectorAll("a")];
  let running = new AbortController();
  nav.querySelector("ul").hidden = true;
  slider.hidden = label.hidden = false;
  slider.addEventListener("input", async () => {
    const link = links[slider.value];
    shown.textContent = link.textContent;
    slider.setAttribute("aria-valuetext", link.textContent);
    running.abort();
    running = new AbortController();
    document.getElementById("moving").setAttribute("aria-busy", "true");
    try {
      await move(link.href, running.signal);
    } catch (error) {
      if (error.name !== "AbortError") window.location.assign(link.href);
    }
  });
}

for (const nav of document.querySelectorAll("[data-slider]")) startSlider(nav);
