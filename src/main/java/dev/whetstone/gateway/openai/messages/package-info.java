/**
 * The route {@code /v1/messages}, in the shapes of Anthropic's API reference. Requests are
 * translated to chats of {@code gateway.openai}; begin with {@link MessagesResource}. Owns no
 * tables or files.
 */
@NullMarked
package dev.whetstone.gateway.openai.messages;

import org.jspecify.annotations.NullMarked;
