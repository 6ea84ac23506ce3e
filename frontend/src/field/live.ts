/** Parts of a page that the server sends again whenever they change (server-sent events). */

export function follow(part: HTMLElement, address: string): void {
  const events = new EventSource(address);
  events.addEventListener("board", (event: MessageEvent<string>) => {
    const sent = new DOMParser().parseFromString(event.data, "text/html");
    part.replaceChildren(...sent.body.childNodes);
  });
}
