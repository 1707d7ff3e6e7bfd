package dev.whetstone.gateway.openai;

import dev.whetstone.gateway.http.Problem;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.MediaType;
import java.lang.annotation.Annotation;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/** Converts problems of the OpenAI-compatible routes to OpenAI's error format. */
public final class OpenAiErrorFilter {
  /** The path prefix of these routes. */
  public static final String ROOT = "/v1/";

  /** The route whose errors have Anthropic's form. */
  public static final String MESSAGES = "/v1/messages";

  @ServerResponseFilter
  public void translate(ContainerRequestContext request, ContainerResponseContext response) {
    String path = request.getUriInfo().getPath();
    if (path.startsWith(ROOT)
        && !path.startsWith(MESSAGES)
        && response.getEntity() instanceof Problem problem) {
      response.setEntity(of(problem), new Annotation[0], MediaType.APPLICATION_JSON_TYPE);
    }
  }

  static OpenAiResponses.Failure of(Problem problem) {
    String field = problem.code().equals("unknown_policy") ? "model" : problem.field();
    return new OpenAiResponses.Failure(
        new OpenAiResponses.Failure.Detail(
            problem.detail(), type(problem.status()), field, code(problem.code())));
  }

  /** OpenAI's code where it has one: its clients tell these errors apart by it. */
  private static String code(String code) {
    return switch (code) {
      case "prompt_too_long" -> "context_length_exceeded";
      case "unknown_policy" -> "model_not_found";
      case "unauthorized" -> "invalid_api_key";
      default -> code;
    };
  }

  private static String type(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 429 -> "rate_limit_error";
      default -> status >= 500 ? "server_error" : "invalid_request_error";
    };
  }
}
