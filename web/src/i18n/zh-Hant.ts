import refused from "../generated/refusals.zh-Hant.json";
import { en } from "./en";
export const pack = { messages: en, refused };
