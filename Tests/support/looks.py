"""JavaScript functions for both browsers: what a person sees, and the page's seconds."""

OUT_OF_SIGHT = """() => {
    const width = document.documentElement.clientWidth;
    const isHidden = (one) => one.closest(".unseen-by-eye, [hidden], svg") || !one.checkVisibility();
    // What stands in a field can be moved with the finger.
    const isCut = (one) => one.localName !== "input" && one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1;
    return [...document.querySelectorAll("header *, main *, nav *")].filter((one) => {
        const box = one.getBoundingClientRect();
        if (isHidden(one) || box.width <= 1 || getComputedStyle(one).clipPath !== "none") return false;
        return box.right > width + 1 || box.left < -1 || isCut(one);
    }).map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`);
}"""

IN_SIGHT = """(selector) => [...document.querySelectorAll(selector)].every((one) => {
    const box = one.getBoundingClientRect();
    const [right, bottom] = [box.width - 1, box.height - 1];
    const corners = [[1, 1], [1, bottom], [box.width / 2, box.height / 2], [right, 1], [right, bottom]];
    const isSeen = ([x, y]) => {
        const top = document.elementFromPoint(box.x + x, box.y + y);
        return top !== null && (one.contains(top) || top.contains(one));
    };
    return box.top >= 0 && box.bottom <= innerHeight && corners.every(isSeen);
})"""

BRING_INTO_SIGHT = (
    """(selector) => document.querySelector(selector).scrollIntoView({ block: "center", behavior: "instant" })"""
)

# From now on the test triggers the page's timer of one second, as on a phone that sleeps. Runs before the page's own.
HOLD_THE_SECONDS = """() => {
    const every = setInterval;
    window.everySecond = [];
    window.setInterval = (act, pause) => pause === 1000 ? everySecond.push(act) : every(act, pause);
}"""

PASS_SECONDS = """(count) => {
    const now = Date.now() + 1000 * count;
    Date.now = () => now;
    for (const act of everySecond) act();
}"""
