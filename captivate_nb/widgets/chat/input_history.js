/** What was said comes back with ArrowUp, as in a shell; what is being written is kept meanwhile. */
export class InputHistory {
  /** @param {HTMLTextAreaElement} text @param {() => string[]} lines the newest last */
  constructor(text, lines) {
    this.text = text;
    this.lines = lines;
    this.at = 0; // steps back from the draft
    /** @type {string[]} */
    this.known = [];
    /** @type {Map<number, string>} what was written or changed at each step */
    this.drafts = new Map();
  }

  /** What is written now is a new draft. */
  forget() {
    this.at = 0;
    this.drafts.clear();
  }

  /** Go back with ArrowUp in the first line, and forth with ArrowDown in the last. @param {KeyboardEvent} event */
  key({ key, shiftKey, ctrlKey, altKey, metaKey }) {
    if (shiftKey || ctrlKey || altKey || metaKey) return false;
    if (key === "ArrowUp" && this.atEdge(0)) return this.go(this.at + 1);
    return key === "ArrowDown" && this.at > 0 && this.atEdge(this.text.value.length) && this.go(this.at - 1);
  }

  /** Whether the caret is in the line that the text's start or end is in. @param {number} edge */
  atEdge(edge) {
    const { value, selectionStart, selectionEnd } = this.text;
    if (selectionStart !== selectionEnd) return false;
    if (value.slice(Math.min(edge, selectionStart), Math.max(edge, selectionStart)).includes("\n")) return false;
    return selectionStart === edge || !this.wraps();
  }

  /** Whether a line of the text takes more than one line of the page. */
  wraps() {
    const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(this.text);
    const inner = this.text.scrollHeight - parseFloat(paddingTop) - parseFloat(paddingBottom);
    return Math.round(inner / parseFloat(lineHeight)) > this.text.value.split("\n").length;
  }

  /** @param {number} step */
  go(step) {
    if (this.at === 0) this.known = this.lines();
    if (step > this.known.length) return false;
    this.drafts.set(this.at, this.text.value);
    const up = step > this.at;
    this.at = step;
    this.text.value = this.drafts.get(step) ?? this.known[this.known.length - step];
    const caret = up && (this.text.value.includes("\n") || this.wraps()) ? 0 : this.text.value.length;
    this.text.setSelectionRange(caret, caret);
    return true;
  }
}
