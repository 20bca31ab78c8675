/** Shows the inspector on a kernel made of memory: open index.html after `npm run dev`. */
import widget from "../src/widget";
import { conversation, MemoryKernel, text, turn } from "./memory_kernel";
import { fieldDetail, usage } from "./memory_view";

const asked = new URLSearchParams(location.search);
const many = Number(asked.get("turns") ?? 0);
const long = "Which email address did you sign up with? I can look the account up by it.\n".repeat(
  30,
);

const turns = many
  ? Array.from({ length: many }, (_, at) =>
      turn(
        `t${at}`,
        `Question ${at}: ${"why ".repeat(at % 30)}?`,
        "Because. ".repeat((at * 7) % 120),
        { score: (at % 11) / 10 },
      ),
    )
  : [
      turn(
        "t0",
        "I can't log in",
        "Which email did you use to sign up? I can look the account up with it, and send a reset link to that address.",
        { score: 0.9 },
      ),
      turn(
        "t1",
        "Tried resetting the password twice already, nothing arrives in my inbox",
        "Check your spam folder, and add our address to your contacts.",
        {
          ...{
            score: 0.4,
            label: "vague",
            edited: { answer: "Please check the spam folder; the mail comes from no-reply." },
            note: "Ask for the mail provider first",
          },
          calls: [
            {
              ...{
                call_id: "c0",
                node: "classify",
                history_turns: 1,
                memory: null,
                usage,
                prompts: 1,
                version: 0,
              },
              inputs: [fieldDetail("question", "Tried resetting")],
              outputs: [fieldDetail("intent", "technical")],
              specs: [text("intent")],
              scores: [{ name: "exact", value: 0.9, feedback: "right" }],
            },
            {
              ...{
                call_id: "c1",
                node: "respond",
                history_turns: 2,
                memory: "The customer is impatient.",
                usage,
                prompts: 1,
                version: 0,
              },
              inputs: [fieldDetail("intent", "technical")],
              outputs: [fieldDetail("reply", "Check the spam folder, please.")],
              specs: [text("reply")],
              scores: [{ name: "exact", value: 0.4, feedback: "too vague" }],
            },
          ],
        },
      ),
      turn("t2", "Never arrived", `I'll resend it now.\n${long}`, {
        stale: true,
        score: 0,
        label: "good",
      }),
      turn("t3", "<img src=x onerror=alert(1)> is what I see \u202Eevil", `${"a".repeat(5000)}`, {
        stale: true,
        excluded: true,
      }),
      turn("t4", "שלום, מה קורה?", "Hello! How can I help you today?", {
        stale: true,
        score: 0.75,
      }),
    ];
const state = conversation(turns);
if (!many) {
  state.branches.push({
    key: "b8",
    name: "alt",
    parent: "b0",
    forked_at: 2,
    starred: true,
    turns: [
      ...turns.slice(0, 2),
      turn("t9", "Never arrived", "Let me verify your address first.", { score: 0.83 }),
    ],
  });
}
for (let number = 0; number < Number(asked.get("branches") ?? 0); number++) {
  const from = state.branches[(number * 7) % Math.min(state.branches.length, 12)];
  const at = (number * 5) % Math.max(1, from?.turns.length ?? 1);
  const more = Array.from({ length: 1 + (number % 4) }, (_, step) =>
    turn(`f${number}-${step}`, `Fork ${number}, ${step}`, "Yes.", {
      score: ((number * 3 + step) % 11) / 10,
    }),
  );
  state.branches.push({
    key: `f${number}`,
    name: `fork-${number}`,
    parent: from?.key ?? null,
    forked_at: at,
    starred: number % 9 === 0,
    turns: [...(from?.turns.slice(0, at) ?? []), ...more],
  });
}
if (asked.has("job"))
  state.jobs.push({
    id: 99,
    kind: "rescore",
    label: "Scoring by exact",
    branch: "b0",
    done: 3,
    total: 12,
  });
const kernel = new MemoryKernel(state);
kernel.delayMs = 20;
for (const name of ["more", "views", "markdown"] as const)
  kernel.parts[name] = await (await fetch(`built/${name}.js`)).text();
Object.assign(window, { kernel });
const el = document.getElementById("cell") as HTMLElement;
widget.render({ model: kernel, el } as unknown as Parameters<typeof widget.render>[0]);
