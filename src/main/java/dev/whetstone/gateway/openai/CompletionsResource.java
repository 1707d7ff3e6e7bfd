package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.gateway.http.ProblemException;
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
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** OpenAI-compatible (legacy) text completions. */
@Path("/v1/completions")
@Consumes(MediaType.APPLICATION_JSON)
@Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
public class CompletionsResource {
  private static final int DEFAULT_MAX_TOKENS = 16;

  @Inject CompletionService completions;

  @POST
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  @Operation(summary = "Continues a text, OpenAI-compatible; streams events if stream is true")
  @APIResponse(responseCode = "200", ref = OpenAiResponses.ANSWER)
  public Response complete(CompletionRequest request, RoutingContext http) {
    JsonNode prompt = single(request.prompt());
    int limit = request.maxTokens() == null ? DEFAULT_MAX_TOKENS : request.maxTokens();
    int[] ids = prompt.isTextual() ? null : ids(prompt);
    return completions.respond(
        new CompletionService.TranslatedRequest(
            request.toGenerateRequest(null, prompt.textValue(), limit),
            request.toExtras(ids, request.logprobs(), "logprobs", null, null),
            request.streamsUsage(),
            request.logprobs() != null,
            Map.of()),
        new CompletionFormat.Text(),
        http);
  }

  // A list of one prompt is treated as that prompt.
  private static JsonNode single(@Nullable JsonNode prompt) {
    JsonNode one =
        prompt != null && prompt.isArray() && prompt.size() == 1 && !prompt.get(0).isNumber()
            ? prompt.get(0)
            : prompt;
    boolean good = one != null && (one.isTextual() || (one.isArray() && !one.isEmpty()));
    if (one == null || !good) {
      throw ProblemException.invalidField("prompt", "prompt must be one text, or its token ids");
    }
    return one;
  }

  private static int[] ids(JsonNode prompt) {
    int[] ids = new int[prompt.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!prompt.get(i).isInt()) {
        throw ProblemException.invalidField("prompt", "only one prompt in a request is supported");
      }
      ids[i] = prompt.get(i).intValue();
    }
    return ids;
  }
}
