package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.engine.Generation;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.http.EventWriter;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.Problems;
import dev.whetstone.gateway.http.RateLimiter;
import dev.whetstone.gateway.http.RequestLog;
import dev.whetstone.gateway.http.RequestUser;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.security.RandomIds;
import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Generates one answer, or a pair of blind ones to vote on. */
@Path("/generate")
@Consumes(MediaType.APPLICATION_JSON)
@Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
public class GenerateResource {
  private static final Logger LOG = Logger.getLogger(GenerateResource.class);

  private final GatewayState serving;
  private final GatewayConfig config;
  private final GenerationService generations;
  private final PairService pairs;
  private final AnswerService answers;
  private final RateLimiter limits;
  private final RequestUser users;
  private final ObjectMapper mapper;

  @Inject
  GenerateResource(
      GatewayState serving,
      GatewayConfig config,
      GenerationService generations,
      PairService pairs,
      AnswerService answers,
      RateLimiter limits,
      RequestUser users,
      ObjectMapper mapper) {
    this.serving = serving;
    this.config = config;
    this.generations = generations;
    this.pairs = pairs;
    this.answers = answers;
    this.limits = limits;
    this.users = users;
    this.mapper = mapper;
  }

  @POST
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  @Operation(summary = "Generates one answer, or two blind ones if pair is true")
  @APIResponse(
      responseCode = "200",
      description = "one answer, or two; if stream is true, the last event (done) carries it",
      content = {
        @Content(
            mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(anyOf = {GenerateResponse.Single.class, GenerateResponse.Pair.class})),
        @Content(
            mediaType = MediaType.SERVER_SENT_EVENTS,
            schema = @Schema(type = SchemaType.STRING))
      })
  @APIResponse(responseCode = "404", description = "there is no such policy")
  public Response generate(GenerateRequest body, @Context RoutingContext http) {
    ServedModel model = serving.model();
    GenerateRequest request = body.forUser(users.of(body.user()));
    String keyId = users.key();
    limits.admit(keyId, request.user());
    GenerationPlan plan = generations.plan(model, request, GenerationPlan.Extras.NONE);
    if (!plan.pair()) {
      RequestLog.setPolicy(http, plan.policy().version());
    }
    PairService.Draft draft = plan.pair() ? pairs.begin(keyId, request, plan) : null;
    if (!Boolean.TRUE.equals(request.stream())) {
      Generation generation =
          generations.submit(
              model,
              plan.request(),
              PairService.withDuelMetrics(model, plan, GenerationListener.NO_OP),
              http);
      return Response.ok(awaitResponse(model, request, plan, draft, generation))
          .type(MediaType.APPLICATION_JSON)
          .build();
    }
    EventStream events = EventStream.forRequest(http, config.streamBuffer());
    Generation generation =
        generations.submit(
            model, plan.request(), PairService.withDuelMetrics(model, plan, events), http);
    return GenerationService.streamResponse(
        out ->
            stream(new EventWriter(out, mapper), events, model, request, plan, draft, generation));
  }

  private Object awaitResponse(
      ServedModel model,
      GenerateRequest request,
      GenerationPlan plan,
      PairService.@Nullable Draft draft,
      Generation generation) {
    if (draft != null) {
      return pairs.awaitAndStore(draft, generation, model.base().hash());
    }
    String id = RandomIds.generate("gen");
    GenerateResponse.Single response = GenerationService.awaitResponse(id, plan, generation);
    answers.keep(
        id,
        plan.request().requester().key(),
        request,
        plan,
        model.base().hash(),
        generation.result().join());
    return response;
  }

  private void stream(
      EventWriter out,
      EventStream events,
      ServedModel model,
      GenerateRequest request,
      GenerationPlan plan,
      PairService.@Nullable Draft draft,
      Generation generation)
      throws IOException {
    try {
      out.comment();
      events.forward(
          plan.request().branches().size(),
          out,
          piece -> {
            if (!piece.text().isEmpty()) {
              String side = draft == null ? null : PairService.Draft.side(piece.branch());
              out.event("token", new GenerateResponse.Token(side, piece.text()));
            }
          });
      out.event("done", awaitResponse(model, request, plan, draft, generation));
    } catch (DatabaseUnavailableException unavailable) {
      // The response has already begun with a 200, so the problem has to be an event.
      out.event("error", Problems.databaseUnavailable());
    } catch (DatabaseException refused) {
      LOG.error("a streamed pair could not be kept", refused);
      out.event(
          "error",
          Problems.of(503, "database_slow", "the pair could not be kept; try again", null));
    } finally {
      generation.cancel();
    }
  }
}
