import refused from "../generated/refusals.ms.json";
import { en } from "./en";
export const pack = { messages: en, refused };
