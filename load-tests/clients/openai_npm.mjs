// OpenAI's own client for JavaScript.
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { ask, check, model, run } from './feature.mjs';

const client = new OpenAI({ maxRetries: 0, timeout: 60000 });
const Wall = z.object({ colour: z.enum(['red', 'green', 'blue']) });
const parameters = {
  type: 'object', properties: { colour: { enum: ['red', 'green', 'blue'] } }, required: ['colour'], additionalProperties: false,
};

await run('openai (npm)', {
  async chat() {
    const answer = await client.chat.completions.create({ model, messages: ask, max_tokens: 8 });
    check(answer.choices[0].message.content, 'no content');
  },
  async 'stream, usage'() {
    const stream = await client.chat.completions.create({
      model, messages: ask, max_tokens: 8, stream: true, stream_options: { include_usage: true },
    });
    let last;
    for await (const chunk of stream) last = chunk;
    check(last.usage.completion_tokens > 0, 'no usage');
  },
  async 'own message comes back'() {
    const stream = client.chat.completions.stream({ model, messages: ask, max_tokens: 8 });
    const message = await stream.finalMessage();
    await client.chat.completions.create({ model, messages: [...ask, message, ...ask], max_tokens: 4 });
  },
  async 'structured output'() {
    const answer = await client.chat.completions.parse({
      model, messages: ask, max_tokens: 40, response_format: zodResponseFormat(Wall, 'wall'),
    });
    check(answer.choices[0].message.parsed.colour, 'no colour');
  },
  async 'tools: required, and their answer'() {
    const tools = [{ type: 'function', function: { name: 'paint', parameters } }];
    const answer = await client.chat.completions.create({
      model, messages: ask, max_tokens: 100, tools, tool_choice: 'required', parallel_tool_calls: false,
    });
    const { message } = answer.choices[0];
    check(JSON.parse(message.tool_calls[0].function.arguments).colour, 'no colour');
    const result = { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'done' };
    await client.chat.completions.create({ model, messages: [...ask, message, result], max_tokens: 8, tools });
  },
  async responses() {
    const answer = await client.responses.create({ model, input: 'Name a colour.', max_output_tokens: 8 });
    check(answer.output_text, 'no text');
  },
  async 'responses: stream'() {
    const stream = client.responses.stream({ model, input: 'Name a colour.', max_output_tokens: 200 });
    for await (const _ of stream);
    check((await stream.finalResponse()).output_text, 'no text');
  },
  async 'responses: structured output'() {
    const answer = await client.responses.parse({
      model, input: 'Name a colour.', max_output_tokens: 40, text: { format: zodTextFormat(Wall, 'wall') },
    });
    check(answer.output_parsed.colour, 'no colour');
  },
});
