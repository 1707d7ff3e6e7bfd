package dev.whetstone.gateway.openai;

import dev.whetstone.security.Role;
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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** OpenAI-compatible chat completions. */
@Path("/v1/chat/completions")
@Consumes(MediaType.APPLICATION_JSON)
@Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
public class ChatCompletionsResource {
  /** Asks for two blind answers, for clients that cannot add a field to the body. */
  private static final String PAIR = "X-Whetstone-Pair";

  private final ChatService chats;

  @Inject
  ChatCompletionsResource(ChatService chats) {
    this.chats = chats;
  }

  @POST
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  @Operation(
      summary = "Completes a conversation, OpenAI-compatible; streams events if stream is true")
  @APIResponse(responseCode = "200", ref = OpenAiResponses.ANSWER)
  public Response complete(ChatCompletionRequest request, RoutingContext http) {
    return chats.respond(
        request,
        Boolean.parseBoolean(http.request().getHeader(PAIR)),
        (begun, text) -> new ChoicesForm(begun, new CompletionFormat.Chat(text)),
        http);
  }
}
