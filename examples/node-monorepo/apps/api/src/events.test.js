import { expect, test } from "vitest";

test("pages start at one", () => {
  expect(Number(undefined ?? 1)).toBe(1);
});
