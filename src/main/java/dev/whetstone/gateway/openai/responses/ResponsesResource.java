package dev.whetstone.gateway.openai.responses;

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

/** OpenAI's Responses API; nothing is kept, so that each request brings the whole conversation. */
@Path("/v1/responses")
@Consumes(MediaType.APPLICATION_JSON)
@Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
public class ResponsesResource {
  private final ChatService chats;

  @Inject
  ResponsesResource(ChatService chats) {
    this.chats = chats;
  }

  @POST
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  @Operation(summary = "Answers an input, as OpenAI's Responses API; streams if stream is true")
  @APIResponse(
      responseCode = "200",
      description = "the response; if stream is true, the events of its growth",
      content = {
        @Content(
            mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(implementation = ResponseBody.class)),
        @Content(
            mediaType = MediaType.SERVER_SENT_EVENTS,
            schema = @Schema(type = SchemaType.STRING))
      })
  public Response respond(ResponsesRequest request, RoutingContext http) {
    return chats.respond(
        ResponsesTranslator.chat(request),
        false,
        (begun, text) -> new ResponsesForm(request, begun, text),
        http);
  }
}
