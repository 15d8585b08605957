// Fingers on a chart: one pushes it along, two pinch it. Up and down stays the page's own scroll.

/** Call move(part of the width) and zoom(factor, where) as the fingers move over an element. */
export function followFingers(element, { move, zoom }) {
  const fingers = new Map();
  element.classList.add("fingers");
  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse") fingers.set(event.pointerId, event.clientX);
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
    element.addEventListener(name, (event) => fingers.delete(event.pointerId));
  }
  element.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = [...fingers.values()];
    fingers.set(event.pointerId, event.clientX);
    const after = [...fingers.values()];
    const { left, width } = element.getBoundingClientRect();
    if (fingers.size === 1) move((after[0] - before[0]) / width);
    if (fingers.size !== 2) return;
    const apart = Math.abs(after[0] - after[1]);
    if (apart < 1) return;
    zoom(Math.abs(before[0] - before[1]) / apart, ((after[0] + after[1]) / 2 - left) / width);
  });
}
