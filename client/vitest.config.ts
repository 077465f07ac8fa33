import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    environment: "happy-dom",
    environmentOptions: { happyDOM: { url: "https://paper.example/2026/11/22/ferry" } },
    css: true,
    restoreMocks: true,
    // Until a test counts as hanging; on a busy machine, not a measure of speed.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    unstubGlobals: true,
  },
});
