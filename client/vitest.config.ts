import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    environment: "happy-dom",
    environmentOptions: { happyDOM: { url: "https://paper.example/2026/11/22/ferry" } },
    css: true,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
