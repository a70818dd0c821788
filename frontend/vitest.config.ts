import { defineConfig } from "vitest/config";

// What is polled for comes when it comes: on a busy machine after many times the second that is vitest's own limit.
const LONGEST = 300_000;

export default defineConfig({
  test: { include: ["test/**/*.test.ts", "browser/**/*.test.ts"], maxWorkers: 2, testTimeout: 120_000, expect: { poll: { timeout: LONGEST } } },
});
