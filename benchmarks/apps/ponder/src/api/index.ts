import { Hono } from "hono";

// Ponder wants an API; nobody asks it anything here.
export default new Hono();
