package dev.whetstone.gateway.openai.messages;

import dev.whetstone.gateway.http.Problem;
import dev.whetstone.gateway.openai.OpenAiErrorFilter;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.MediaType;
import java.lang.annotation.Annotation;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/** Converts problems of /v1/messages to Anthropic's error format. */
public final class MessageErrorFilter {
  @ServerResponseFilter
  public void translate(ContainerRequestContext request, ContainerResponseContext response) {
    if (request.getUriInfo().getPath().startsWith(OpenAiErrorFilter.MESSAGES)
        && response.getEntity() instanceof Problem problem) {
      response.setEntity(of(problem), new Annotation[0], MediaType.APPLICATION_JSON_TYPE);
    }
  }

  static MessageBody.Failure of(Problem problem) {
    return MessageBody.Failure.of(type(problem.status()), problem.detail());
  }

  private static String type(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503 -> "overloaded_error";
      default -> status >= 500 ? "api_error" : "invalid_request_error";
    };
  }
}
