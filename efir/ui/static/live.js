// Keeps the part that shows what is measured up to date. The page works without it: "Look again" asks for it anew.
"use strict";
const live = document.getElementById("live");
const every = 1000; // milliseconds
let shown = "";

async function look() {
  const answer = await fetch("live").catch(() => null);
  if (answer === null) {
    live.hidden = true;
    document.getElementById("gone").hidden = false;
    return;
  }
  // Nothing runs any more, or something was finished: the whole page has to tell.
  if (answer.status !== 200 || answer.headers.get("Efir-News") !== live.dataset.news) {
    location.reload();
    return;
  }
  const text = await answer.text();
  if (text !== shown) {
    live.innerHTML = shown = text; // escaped by the server, and the page's policy runs no script but this file
  }
  setTimeout(look, every);
}

setTimeout(look, every);
