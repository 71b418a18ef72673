// Web workers for pages that were opened as files, for which browsers start none: the script runs in
// a hidden frame. The search of the site needs it.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    #frame = document.createElement("iframe");
    #loaded;

    constructor(url) {
      super();
      this.#frame.hidden = true;
      document.body.append(this.#frame);
      const scope = this.#frame.contentWindow;
      const load = (path) =>
        new Promise((done, failed) => {
          const script = scope.document.createElement("script");
          Object.assign(script, { src: path, onload: done, onerror: failed });
          scope.document.body.append(script);
        });
      scope.importScripts = async (...paths) => {
        for (const path of paths) await load(path);
      };
      scope.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.#loaded = load(url);
    }

    async postMessage(data) {
      await this.#loaded;
      const scope = this.#frame.contentWindow;
      scope.dispatchEvent(new scope.MessageEvent("message", { data }));
    }

    terminate() {
      this.#frame.remove();
    }
  };
}
