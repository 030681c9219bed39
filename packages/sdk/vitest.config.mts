import { defineConfig } from "vitest/config";

/** QuickJS counts in seconds what V8 counts in milliseconds, and the machine may be busy. */
const PATIENCE_MS = 60_000;

export default defineConfig({ test: { testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS } });
