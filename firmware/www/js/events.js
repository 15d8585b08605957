// Server-sent events out of the text they come in, in pieces of any length.

/** Collects text and gives each event that is complete: {event, data}. */
export class EventReader {
  constructor() {
    this.rest = "";
    this.lines = [];
  }

  /** Take a piece of the stream; return the events that ended in it. */
  feed(text) {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop();
    const events = [];
    for (const line of lines) {
      const plain = line.endsWith("\r") ? line.slice(0, -1) : line;
      if (plain) {
        this.lines.push(plain);
        continue;
      }
      const one = eventOf(this.lines);
      this.lines = [];
      if (one) events.push(one);
    }
    return events;
  }
}

function eventOf(lines) {
  let event = "message";
  const data = [];
  for (const line of lines) {
    // A line that begins with a colon is a comment: its field has no name.
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
  }
  return data.length ? { event, data: data.join("\n") } : null;
}
