/** One of several: a native select with a name for assistive technology. */
export interface PickProps {
  label: string;
  value: string;
  /** Value and text of each choice. */
  options: readonly (readonly [string, string])[];
  onPick: (value: string) => void;
  disabled?: boolean;
  title?: string | undefined;
}

export function Pick({ label, value, options, onPick, disabled = false, title }: PickProps) {
  return (
    <select
      aria-label={label}
      title={title ?? label}
      value={value}
      disabled={disabled}
      onChange={(event) => onPick(event.currentTarget.value)}
    >
      {options.map(([key, text]) => (
        <option key={key} value={key} selected={key === value}>
          {text}
        </option>
      ))}
    </select>
  );
}
