/** A row of tabs; arrow keys move between them. What is chosen is shown by the parent. */
interface Props {
  label: string;
  names: readonly string[];
  chosen: string;
  onChoose: (name: string) => void;
}

export function Tabs({ label, names, chosen, onChoose }: Props) {
  const stop = Math.max(0, names.indexOf(chosen));
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const next = (stop + step + names.length) % names.length;
    onChoose(names[next] ?? "");
    const tabs = (event.currentTarget as HTMLElement).children;
    (tabs[next] as HTMLElement).focus();
    event.preventDefault();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {names.map((name, index) => (
        <button
          type="button"
          role="tab"
          key={name}
          aria-selected={name === chosen}
          tabIndex={index === stop ? 0 : -1}
          onClick={() => onChoose(name)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
