// Vercel's AI SDK with both of its providers; that of OpenAI uses the Responses API.
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateObject, generateText, streamText, tool } from 'ai';
import { z } from 'zod';
import { base, check, key, model, run } from './feature.mjs';

const compatible = createOpenAICompatible({ name: 'w', baseURL: base, apiKey: key, supportsStructuredOutputs: true });
const openai = createOpenAI({ baseURL: base, apiKey: key });
const Wall = z.object({ colour: z.enum(['red', 'green', 'blue']) });
const common = { prompt: 'Name a colour.', maxRetries: 0 };
const paint = tool({ description: 'Paints the wall', inputSchema: Wall, execute: async () => 'done' });

async function streamed(provider) {
  let failed;
  const result = streamText({
    model: provider, ...common, maxOutputTokens: 8, onError: ({ error }) => { failed = error; },
  });
  let text = '';
  for await (const part of result.textStream) text += part;
  if (failed) throw failed;
  check(text, 'no text');
}

async function called(provider) {
  const { toolCalls } = await generateText({
    model: provider, ...common, maxOutputTokens: 200, tools: { paint }, toolChoice: 'required',
  });
  check(toolCalls[0].input.colour, 'no colour');
}

await run('AI SDK', {
  async chat() {
    check((await generateText({ model: compatible(model), ...common, maxOutputTokens: 8 })).text, 'no text');
  },
  'stream, usage': () => streamed(compatible(model)),
  async 'structured output'() {
    const { object } = await generateObject({ model: compatible(model), ...common, maxOutputTokens: 40, schema: Wall });
    check(object.colour, 'no colour');
  },
  'tools: required, and their answer': () => called(compatible(model)),
  async responses() {
    check((await generateText({ model: openai(model), ...common, maxOutputTokens: 16 })).text, 'no text');
  },
  'responses: stream': () => streamed(openai(model)),
  async 'responses: structured output'() {
    const { object } = await generateObject({ model: openai(model), ...common, maxOutputTokens: 40, schema: Wall });
    check(object.colour, 'no colour');
  },
  'responses: tools and their answer': () => called(openai(model)),
});
