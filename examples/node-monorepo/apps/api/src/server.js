import Fastify from "fastify";
import rateLimit from "@fastify/rate-limit";
import { PrismaClient } from "@prisma/client";
import "./instrument.js";

const prisma = new PrismaClient();
const app = Fastify({ logger: true });

await app.register(rateLimit, { max: 100, timeWindow: "1 minute" });

app.get("/healthz", async () => {
  await prisma.$queryRaw`select 1`;
  return { ok: true };
});

app.get("/events", async (request) => {
  const page = Number(request.query.page ?? 1);
  return prisma.event.findMany({ orderBy: { startsAt: "asc" }, take: 50, skip: (page - 1) * 50 });
});

await app.listen({ host: "0.0.0.0", port: Number(process.env.PORT ?? 3001) });
