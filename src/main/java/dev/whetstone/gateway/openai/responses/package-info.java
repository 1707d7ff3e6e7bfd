/**
 * The route {@code /v1/responses}, OpenAI's Responses API without stored state. Requests are
 * translated to chats of {@code gateway.openai}; begin with {@link ResponsesResource}. Owns no
 * tables or files.
 */
@NullMarked
package dev.whetstone.gateway.openai.responses;

import org.jspecify.annotations.NullMarked;
