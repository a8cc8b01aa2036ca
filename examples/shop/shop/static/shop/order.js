// Keeps the page of an order up to date until the order is finished.
"use strict";

const order = document.getElementById("order");

function show(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) element.textContent = text;
}

function draw(told) {
  document.getElementById("bar").value = told.progress.done;
  show("text", told.text);
  show("count", `${told.progress.done} of ${told.progress.total}`);
  show("worker", told.result?.worker || "–");
  show("release", told.result?.release || "–");
  show("slip", told.slip?.text || "–");
}

async function follow() {
  let finished = false;
  try {
    const answer = await fetch(order.dataset.url);
    const told = await answer.json();
    draw(told);
    finished = told.finished;
  } catch {
    show("text", "no answer; trying again");
  }
  if (!finished) setTimeout(follow, 400);
}

follow();
