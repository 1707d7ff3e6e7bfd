package dev.whetstone.gateway.openai.messages;

import dev.whetstone.gateway.openai.ChatService;
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
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** Messages in the form of Anthropic's API. */
@Path("/v1/messages")
@Consumes(MediaType.APPLICATION_JSON)
@Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
public class MessagesResource {
  private final ChatService chats;

  @Inject
  MessagesResource(ChatService chats) {
    this.chats = chats;
  }

  @POST
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  @Operation(summary = "Answers messages, as Anthropic's API; streams if stream is true")
  @APIResponse(
      responseCode = "200",
      description = "the message; if stream is true, the events of its growth",
      content = {
        @Content(
            mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(implementation = MessageBody.class)),
        @Content(
            mediaType = MediaType.SERVER_SENT_EVENTS,
            schema = @Schema(type = SchemaType.STRING))
      })
  public Response create(MessagesRequest request, RoutingContext http) {
    return chats.respond(MessagesTranslator.chat(request), false, MessageForm::new, http);
  }
}
