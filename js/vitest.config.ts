import { defineConfig } from "vitest/config";

export default defineConfig({
  define: { SPLIT: "false" },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"], css: false },
});
