/**
 * Routes for OpenAI's clients, {@code /v1/*}. Requests and responses have the shapes of OpenAI's
 * API reference for chat completions, (legacy) completions and models. Begin with {@link
 * ChatCompletionsResource}; requests are translated to those of {@code gateway.generate} and
 * problems to OpenAI's error format. Owns no tables or files.
 */
@NullMarked
package dev.whetstone.gateway.openai;

import org.jspecify.annotations.NullMarked;
