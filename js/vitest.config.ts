import { defineConfig } from "vitest/config";

export default defineConfig({
  define: { BUILD: JSON.stringify("test") },
  test: {
    environment: "happy-dom",
    include: ["test/**/*.test.{ts,tsx}"],
    css: false,
    testTimeout: 30_000,
  },
});
