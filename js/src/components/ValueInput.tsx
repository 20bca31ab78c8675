/** The input that fits a field's kind: lines of text, a number, yes or no, one of several. */
import type { FieldSpec } from "../protocol";

interface Props {
  name: string;
  spec: Pick<FieldSpec, "kind" | "choices">;
  text: string;
  onText: (text: string) => void;
  hint?: string;
  /** It cannot be changed now, but keeps the keyboard. */
  fixed?: boolean;
  invalid?: boolean;
}

export function ValueInput({ name, spec, text, onText, hint, fixed, invalid }: Props) {
  const shared = {
    "aria-label": name,
    "aria-invalid": invalid ?? false,
  };
  if (spec.kind === "choice" || spec.kind === "boolean") {
    const choices = spec.kind === "choice" ? spec.choices : ["true", "false"];
    return (
      <select {...shared} value={text} onChange={(event) => onText(event.currentTarget.value)}>
        {!choices.includes(text) && <option value={text}>{text || "—"}</option>}
        {choices.map((choice) => (
          <option key={choice} value={choice} selected={choice === text}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  const typed = {
    ...shared,
    value: text,
    placeholder: hint ?? "",
    readOnly: fixed ?? false,
    dir: "auto" as const,
    onInput: (event: { currentTarget: { value: string } }) => onText(event.currentTarget.value),
  };
  if (spec.kind === "number") return <input {...typed} inputMode="decimal" />;
  return <textarea {...typed} rows={Math.min(8, text.split("\n").length)} class={spec.kind} />;
}
