package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.security.Role;
import dev.whetstone.text.Message;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** OpenAI-compatible chat completions. */
@Path("/v1/chat/completions")
@Consumes(MediaType.APPLICATION_JSON)
@Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
public class ChatCompletionsResource {
  /** Says that the model's template has no tools of this form, so that they were explained. */
  private static final Map<String, String> PLAIN_TOOLS = Map.of("X-Whetstone-Tools", "plain");

  @Inject CompletionService completions;
  @Inject GatewayState serving;

  @POST
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  @Operation(
      summary = "Completes a conversation, OpenAI-compatible; streams events if stream is true")
  @APIResponse(responseCode = "200", ref = OpenAiResponses.ANSWER)
  public Response complete(ChatCompletionRequest request, RoutingContext http) {
    boolean logprobs = Boolean.TRUE.equals(request.logprobs());
    if (request.topLogprobs() != null && request.topLogprobs() != 0 && !logprobs) {
      throw ProblemException.invalidField(
          "top_logprobs", "top_logprobs requires logprobs to be true");
    }
    Integer limit =
        request.maxCompletionTokens() == null ? request.maxTokens() : request.maxCompletionTokens();
    ToolRequest tools = ToolRequest.of(request);
    List<ChatCompletionRequest.ChatTurn> turns =
        request.messages() == null ? List.of() : request.messages();
    ChatConversation chat =
        ChatConversation.isNeeded(turns, tools.declared())
            ? new ChatConversation(serving.model(), turns, tools.declared())
            : null;
    return completions.respond(
        new CompletionService.TranslatedRequest(
            request.toGenerateRequest(
                chat == null ? messages(request.messages()) : null, null, limit),
            request.toExtras(
                null,
                request.topLogprobs(),
                "top_logprobs",
                tools.format(),
                chat == null ? null : chat.conversation()),
            request.streamsUsage(),
            logprobs,
            chat != null && chat.isPlain() ? PLAIN_TOOLS : Map.of()),
        new CompletionFormat.Chat(tools.format() != null, new HashMap<>()),
        http);
  }

  private static @Nullable List<Message> messages(
      @Nullable List<ChatCompletionRequest.ChatTurn> turns) {
    if (turns == null) {
      return null;
    }
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < turns.size(); i++) {
      messages.add(message(turns.get(i), "messages[" + i + "]"));
    }
    return messages;
  }

  private static Message message(ChatCompletionRequest.@Nullable ChatTurn turn, String field) {
    if (turn == null || turn.role() == null || turn.role().isBlank()) {
      throw ProblemException.invalidField(
          field + ".role", field + " must have a role and a content");
    }
    return new Message(turn.role(), content(turn.content(), field + ".content"));
  }

  static String content(@Nullable JsonNode content, String field) {
    if (content != null && content.isTextual()) {
      return content.textValue();
    }
    if (content == null || !content.isArray() || content.isEmpty()) {
      throw ProblemException.invalidField(field, field + " must be a text or a list of text parts");
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      if (!part.path("type").asText().equals("text") || !part.path("text").isTextual()) {
        throw ProblemException.invalidField(field, field + " may have parts of type text only");
      }
      text.append(part.path("text").textValue());
    }
    return text.toString();
  }
}
