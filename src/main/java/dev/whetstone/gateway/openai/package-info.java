/**
 * Routes that OpenAI's clients can call: the request and answer shapes are those of its public API
 * reference for chat completions, (legacy) completions and models.
 */
@NullMarked
package dev.whetstone.gateway.openai;

import org.jspecify.annotations.NullMarked;
