import refused from "../generated/refusals.zh-Hans.json";
import { en } from "./en";
export const pack = { messages: en, refused };
