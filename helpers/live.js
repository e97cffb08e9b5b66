// Keyboard and screen reader for a box of widgets. JupyterLab's shortcuts stay quiet while a widget has the focus, every
// handle has a name and speaks its value, no picture is away while it is replaced, and the box learns how dense the screen
// is. Outside such a box nothing happens.

function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    const passes =
      event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape" || event.key === "Tab" ||
      (event.shiftKey && event.key === "Enter");
    if (!passes) event.stopPropagation();
  });
}

function set(element, attribute, value) {
  if (element.getAttribute(attribute) !== value) element.setAttribute(attribute, value);
}

// A value that the kernel sets or a reader types stays as it is. noUiSlider would move it to the nearest step, and tell.
function keepExact(slider) {
  if (!slider || slider.keepsExact) return;
  const setToNearest = slider.set;
  slider.set = (value, fire) => setToNearest(value, fire, true);
  slider.keepsExact = true;
}

function name(root) {
  for (const target of root.querySelectorAll(".noUi-target")) keepExact(target.noUiSlider);
  for (const slider of root.querySelectorAll(".widget-slider")) {
    const label = slider.querySelector(".widget-label")?.textContent.trim();
    const readout = slider.querySelector(".widget-readout");
    for (const handle of slider.querySelectorAll("[role=slider]")) {
      if (label) set(handle, "aria-label", label);
      if (readout) set(handle, "aria-valuetext", readout.textContent.trim());
    }
    const disabled = slider.querySelector(".noUi-target")?.hasAttribute("disabled") ?? false;
    for (const handle of slider.querySelectorAll("[role=slider]")) set(handle, "aria-disabled", String(disabled));
    if (readout && label && readout.contentEditable !== "false") {
      set(readout, "role", "textbox");
      set(readout, "aria-label", `${label}, exact value`);
    }
  }
  for (const group of root.querySelectorAll(".widget-toggle-buttons")) {
    const label = group.querySelector(".widget-label")?.textContent.trim();
    const choices = [...group.querySelectorAll("button")].map((button) => button.textContent.trim());
    set(group, "role", "group");
    set(group, "aria-label", label || choices.join(" or "));
    for (const button of group.querySelectorAll("button")) {
      set(button, "aria-pressed", String(button.classList.contains("mod-active")));
    }
  }
  for (const size of root.querySelectorAll("button.wim-size")) {
    set(size, "aria-label", size.title);
    set(size, "aria-pressed", String(size.classList.contains("mod-active")));
  }
  for (const announced of root.querySelectorAll(".wim-announced .widget-html-content")) {
    set(announced, "role", "status");
    set(announced, "aria-live", "polite");
  }
}

// Where a new picture takes a moment (Firefox, WebKit), the old one stays in its place until then.
function keepShown(changes) {
  for (const { target, addedNodes, removedNodes } of changes) {
    const fresh = [...addedNodes].find((node) => node.tagName === "IMG");
    const old = [...removedNodes].filter((node) => node.tagName === "IMG" && node.complete).at(-1);
    if (!fresh || !old || fresh.complete) continue;
    target.style.position = "relative";
    Object.assign(old.style, { position: "absolute", left: `${fresh.offsetLeft}px`, top: `${fresh.offsetTop}px` });
    old.alt = "";
    target.append(old);
    for (const event of ["load", "error"]) fresh.addEventListener(event, () => old.remove());
  }
}

function render({ model, el }) {
  el.style.display = "none";
  let root = null;
  let observer = null;
  let frame = null;
  const density = () => {
    model.set("density", window.devicePixelRatio || 1);
    model.save_changes();
  };
  const attach = () => {
    root = el.closest(".wim-box");
    if (!root) {
      frame = requestAnimationFrame(attach); // after a reload the element is put on the page later than it is made
      return;
    }
    if (!root.dataset.keysKept) {
      root.tabIndex = -1; // a click on the figure keeps the keys here too
      root.style.outline = "none";
      root.addEventListener("click", () => {
        if (!root.contains(document.activeElement)) root.focus({ preventScroll: true });
      });
      root.dataset.keysKept = "yes";
      keepKeys(root);
    }
    name(root);
    observer = new MutationObserver((changes) => {
      keepShown(changes);
      name(root);
    });
    observer.observe(root, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["class", "disabled"] });
  };
  frame = requestAnimationFrame(attach);
  density();
  window.addEventListener("resize", density);
  return () => {
    cancelAnimationFrame(frame);
    observer?.disconnect();
    window.removeEventListener("resize", density);
  };
}

export default { render };
