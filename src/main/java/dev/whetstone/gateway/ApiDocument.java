package dev.whetstone.gateway;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.annotations.Components;
import org.eclipse.microprofile.openapi.annotations.OpenAPIDefinition;
import org.eclipse.microprofile.openapi.annotations.enums.SecuritySchemeType;
import org.eclipse.microprofile.openapi.annotations.info.Info;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.security.SecurityScheme;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/**
 * Adds to every route of the OpenAPI document what all have in common: the key, and the problems
 * that end a request before or beside what the route itself does. A route declares what it answers
 * and the problems that are its own.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
@OpenAPIDefinition(
    info = @Info(title = "Whetstone", version = "0.1.0"),
    components =
        @Components(
            schemas = @Schema(name = ApiDocument.PROBLEM, implementation = Problem.class),
            securitySchemes =
                @SecurityScheme(
                    securitySchemeName = ApiDocument.KEY,
                    type = SecuritySchemeType.HTTP,
                    scheme = "bearer",
                    description = "an API key, wsk_<role>_…")))
public final class ApiDocument implements OASFilter {
  static final String PROBLEM = "Problem";
  static final String KEY = "key";

  // what a key, its role, the media types or the state of the gateway may refuse
  private static final Map<String, String> ALWAYS =
      Map.of(
          "401", "no valid key was sent",
          "403", "the key's role may not use this route",
          "406", "the route answers none of the media types asked for",
          "429", "too much is waiting, or was asked for in too short a time; see Retry-After",
          "503", "the model or the database cannot answer now; see Retry-After");

  private static final Map<String, String> WITH_BODY =
      Map.of(
          "413", "the body is too large",
          "415", "the body is of another media type");

  private static final Pattern NAMES_A_POLICY =
      Pattern.compile("/(policies/|rollback|generate|score)");

  private static final List<String> RETRYABLE = List.of("429", "503");

  @Override
  public void filterOpenAPI(OpenAPI document) {
    document.getPaths().getPathItems().forEach(ApiDocument::complete);
  }

  private static void complete(String path, PathItem item) {
    for (Operation operation : item.getOperations().values()) {
      operation.setSecurity(
          List.of(OASFactory.createSecurityRequirement().addScheme(KEY, List.of())));
      Map<String, String> problems = new TreeMap<>(ALWAYS);
      boolean body = operation.getRequestBody() != null;
      if (body) {
        problems.putAll(WITH_BODY);
      }
      if (body || takes(operation, item, Parameter.In.QUERY)) {
        problems.put("400", "a field or parameter holds what it may not, or is none");
      }
      if (takes(operation, item, Parameter.In.PATH)) {
        problems.put("400", "a field or parameter holds what it may not, or is none");
        problems.put("404", "there is no such thing");
      }
      if (NAMES_A_POLICY.matcher(path).lookingAt()) {
        problems.put("404", "there is no such thing");
        problems.put("409", "the version cannot be served, or nothing was served before");
      }
      if (takes(operation, item, Parameter.In.HEADER)) {
        problems.put("422", "the Idempotency-Key was used for another request");
      }
      problems.forEach((status, description) -> add(operation, status, description));
    }
  }

  private static boolean takes(Operation operation, PathItem item, Parameter.In place) {
    return parameters(operation.getParameters()).anyMatch(p -> p.getIn() == place)
        || parameters(item.getParameters()).anyMatch(p -> p.getIn() == place);
  }

  private static Stream<Parameter> parameters(@Nullable List<Parameter> some) {
    return some == null ? Stream.empty() : some.stream();
  }

  private static void add(Operation operation, String status, String description) {
    APIResponse declared = operation.getResponses().getAPIResponse(status);
    APIResponse response =
        declared == null ? OASFactory.createAPIResponse().description(description) : declared;
    if (response.getContent() == null) {
      response.content(
          OASFactory.createContent()
              .addMediaType(
                  Problem.MEDIA_TYPE,
                  OASFactory.createMediaType().schema(OASFactory.createSchema().ref(PROBLEM))));
    }
    if (RETRYABLE.contains(status)) {
      response.addHeader(
          "Retry-After",
          OASFactory.createHeader()
              .description("seconds")
              .schema(OASFactory.createSchema().addType(SchemaType.INTEGER)));
    }
    operation.getResponses().addAPIResponse(status, response);
  }
}
