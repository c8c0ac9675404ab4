import { make } from "./dom.js";

const NEAR = 24; // pixels from the end that still count as the end

/**
 * A long list in a scroller: nodes by their numbers, in blocks that the browser lays out when they
 * come near the view. It stays at its end until the reader scrolls up, and again from when they are
 * back there.
 */
export class FollowingList {
  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} list where the blocks stand
   * @param {{ look: string, span: number, behind?: HTMLElement, moved?: () => void }} how the class of a
   *   block and how many nodes it has; what stands behind the last block; what hears of scrolling
   */
  constructor(scroller, list, { look, span, behind, moved = () => {} }) {
    this.scroller = scroller;
    this.list = list;
    this.look = look;
    this.span = span;
    this.behind = behind ?? null;
    this.following = true;
    this.top = 0;
    /** @type {HTMLElement[]} */
    this.nodes = [];
    /** @type {HTMLElement[]} */
    this.blocks = [];
    /** @type {HTMLElement[]} blocks laid out for a jump */
    this.laid = [];
    this.sizes = new ResizeObserver(() => this.following && this.toEnd());
    scroller.addEventListener(
      "scroll",
      () => {
        this.scrolled();
        moved();
      },
      { passive: true },
    );
  }

  /** Stay at the end when the size of one of these changes. @param {...HTMLElement} nodes */
  watch(...nodes) {
    for (const node of nodes) this.sizes.observe(node);
  }

  close() {
    this.sizes.disconnect();
  }

  /** Put a node in its place, instead of the one that was there. @param {number} index @param {HTMLElement} node */
  put(index, node) {
    if (this.nodes[index]) this.nodes[index].replaceWith(node);
    else this.block(Math.floor(index / this.span)).insertBefore(node, this.after(this.nodes, index, this.span));
    this.nodes[index] = node;
  }

  /** @param {number} number */
  block(number) {
    if (!this.blocks[number]) {
      const block = make("div", { class: this.look });
      this.list.insertBefore(block, this.after(this.blocks, number, this.blocks.length) ?? this.behind);
      this.blocks[number] = block;
    }
    return this.blocks[number];
  }

  /** The first node behind `index` in its group of `span`. @param {HTMLElement[]} nodes @param {number} index @param {number} span */
  after(nodes, index, span) {
    const stop = Math.min(nodes.length, index - (index % span) + span);
    for (let next = index + 1; next < stop; next += 1) if (nodes[next]) return nodes[next];
    return null;
  }

  /** Keep the first nodes only. @param {number} total */
  cut(total) {
    const block = Math.ceil(total / this.span);
    for (const extra of this.blocks.slice(block)) extra?.remove();
    for (const node of this.nodes.slice(total, block * this.span)) node?.remove();
    this.blocks.length = Math.min(this.blocks.length, block);
    this.nodes.length = Math.min(this.nodes.length, total);
  }

  /**
   * Bring a node into view, if it is not, so many pixels below the upper edge. Its block and those
   * beside it are laid out at once: what is scrolled to there then moves no more.
   * @param {number} index @param {(height: number) => number} below
   */
  reveal(index, below) {
    const number = Math.floor(index / this.span);
    const near = [number - 1, number, number + 1].flatMap((each) => this.blocks[each] ?? []);
    for (const block of this.laid) block.classList.remove("cnb-laid");
    for (const block of near) block.classList.add("cnb-laid");
    this.laid = near;
    const [box, node] = [this.scroller, this.nodes[index]].map((each) => each?.getBoundingClientRect());
    if (!box || !node || (node.top >= box.top && node.bottom <= box.bottom)) return;
    this.following = false;
    this.scroller.scrollTop += node.top - box.top - below(box.height);
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (scrollHeight - scrollTop - clientHeight < NEAR) this.following = true;
    else if (scrollTop < this.top) this.following = false;
    this.top = scrollTop;
  }

  follow() {
    this.following = true;
    this.toEnd();
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.top = this.scroller.scrollTop;
  }
}
