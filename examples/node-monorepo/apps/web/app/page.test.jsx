import { expect, test } from "vitest";
import Page from "./page.jsx";

test("the page is a component", () => {
  expect(typeof Page).toBe("function");
});
