package dev.whetstone.gateway;

import dev.whetstone.gateway.http.Problem;
import dev.whetstone.gateway.openai.OpenAiErrorFilter;
import dev.whetstone.gateway.openai.OpenAiResponses;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.annotations.Components;
import org.eclipse.microprofile.openapi.annotations.OpenAPIDefinition;
import org.eclipse.microprofile.openapi.annotations.info.Info;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.responses.APIResponses;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;
import org.jspecify.annotations.Nullable;

/**
 * Adds to the OpenAPI document what all routes share: the API key, the problems that any route can
 * return, and null as a value of every optional field. A route declares only its own responses and
 * problems.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
@OpenAPIDefinition(
    // the application's properties have the title and version that are served
    info = @Info(title = "Whetstone", version = ""),
    components =
        @Components(
            schemas = {
              @org.eclipse.microprofile.openapi.annotations.media.Schema(
                  name = OpenApiDocumentFilter.PROBLEM,
                  implementation = Problem.class),
              @org.eclipse.microprofile.openapi.annotations.media.Schema(
                  name = OpenApiDocumentFilter.FAILURE,
                  implementation = OpenAiResponses.Failure.class),
              @org.eclipse.microprofile.openapi.annotations.media.Schema(
                  name = OpenAiResponses.ANSWER,
                  implementation = OpenAiResponses.Answer.class)
            }))
public final class OpenApiDocumentFilter implements OASFilter {
  static final String PROBLEM = "Problem";
  static final String FAILURE = "OpenAiError";
  private static final String KEY = "key";

  // Problems of every route: authentication, content negotiation, load and availability.
  private static final Map<String, String> ALWAYS =
      Map.of(
          "401", "the request carries no valid API key",
          "403", "the key's role may not use this route",
          "406", "the route produces none of the accepted media types",
          "429", "the queue is full or a rate limit is reached; see Retry-After",
          "503", "the model or the database is unavailable; see Retry-After");

  private static final Map<String, String> WITH_BODY =
      Map.of(
          "413", "the body is too large",
          "415", "the route does not accept this media type");

  private static final Pattern NAMES_A_POLICY =
      Pattern.compile("/(policies/|rollback|generate|score|v1/)");

  private static final List<String> RETRYABLE = List.of("429", "503");

  @Override
  public void filterOpenAPI(OpenAPI document) {
    document
        .getComponents()
        .addSecurityScheme(
            KEY,
            OASFactory.createSecurityScheme()
                .type(SecurityScheme.Type.HTTP)
                .scheme("bearer")
                .description("an API key, wsk_<role>_…"));
    document.getComponents().addResponse(OpenAiResponses.ANSWER, openAiAnswer());
    document.getComponents().getSchemas().values().forEach(OpenApiDocumentFilter::allowNulls);
    document.getPaths().getPathItems().forEach(OpenApiDocumentFilter::addCommonParts);
  }

  private static APIResponse openAiAnswer() {
    return OASFactory.createAPIResponse()
        .description("the completion, or its chunks as server-sent events that end with [DONE]")
        .content(
            OASFactory.createContent()
                .addMediaType(
                    MediaType.APPLICATION_JSON,
                    OASFactory.createMediaType()
                        .schema(OASFactory.createSchema().ref(OpenAiResponses.ANSWER)))
                .addMediaType(
                    MediaType.SERVER_SENT_EVENTS,
                    OASFactory.createMediaType()
                        .schema(OASFactory.createSchema().addType(SchemaType.STRING))));
  }

  private static void allowNulls(Schema schema) {
    if (schema.getProperties() == null) {
      return;
    }
    List<String> required = schema.getRequired() == null ? List.of() : schema.getRequired();
    for (var property : Map.copyOf(schema.getProperties()).entrySet()) {
      if (!required.contains(property.getKey())) {
        schema.addProperty(property.getKey(), nullable(property.getValue()));
      }
    }
  }

  private static Schema nullable(Schema schema) {
    if (schema.getRef() != null) {
      return OASFactory.createSchema()
          .description(schema.getDescription())
          .addAnyOf(OASFactory.createSchema().ref(schema.getRef()))
          .addAnyOf(OASFactory.createSchema().addType(SchemaType.NULL));
    }
    if (schema.getType() != null && !schema.getType().contains(SchemaType.NULL)) {
      schema.addType(SchemaType.NULL);
      if (schema.getEnumeration() != null) {
        List<Object> choices = new ArrayList<>(schema.getEnumeration());
        choices.add(null);
        schema.setEnumeration(choices);
      }
    }
    return schema;
  }

  private static void addCommonParts(String path, PathItem item) {
    for (Operation operation : item.getOperations().values()) {
      operation.setSecurity(
          List.of(OASFactory.createSecurityRequirement().addScheme(KEY, List.of())));
      Map<String, String> problems = new TreeMap<>(ALWAYS);
      boolean body = operation.getRequestBody() != null;
      boolean inPath = hasParameter(operation, item, Parameter.In.PATH);
      boolean query = hasParameter(operation, item, Parameter.In.QUERY);
      if (body) {
        problems.putAll(WITH_BODY);
      }
      if (body || inPath || query) {
        problems.put("400", "a field or parameter is unknown or its value is invalid");
      }
      if (inPath) {
        problems.put("404", "the named resource does not exist");
      }
      if (NAMES_A_POLICY.matcher(path).lookingAt()) {
        problems.put("404", "the named resource does not exist");
        problems.put("409", "the version cannot be served, or there is no earlier champion");
      }
      if (hasParameter(operation, item, Parameter.In.HEADER)) {
        problems.put("422", "the Idempotency-Key was already used for a different request");
      }
      problems.forEach((status, description) -> add(operation, status, description));
      boolean openAi = path.startsWith(OpenAiErrorFilter.ROOT);
      // Quarkus shares its own response objects between routes, so each route gets copies.
      APIResponses responses = operation.getResponses();
      Map.copyOf(responses.getAPIResponses())
          .forEach(
              (status, response) -> {
                if (status.compareTo("400") >= 0) {
                  responses.addAPIResponse(status, withProblemBody(openAi, status, response));
                }
              });
      if (inPath || query) {
        // The server rejects a long request line before routing, with an empty body.
        add(operation, "414", "the request URI is too long");
      }
    }
  }

  private static boolean hasParameter(Operation operation, PathItem item, Parameter.In place) {
    return Stream.concat(parameters(operation.getParameters()), parameters(item.getParameters()))
        .anyMatch(parameter -> parameter.getIn() == place);
  }

  private static Stream<Parameter> parameters(@Nullable List<Parameter> declared) {
    return declared == null ? Stream.empty() : declared.stream();
  }

  private static void add(Operation operation, String status, String description) {
    APIResponses responses = operation.getResponses();
    if (!responses.hasAPIResponse(status)) {
      responses.addAPIResponse(status, OASFactory.createAPIResponse().description(description));
    }
  }

  /** A copy of a declared error response with the body and headers that all problems have. */
  private static APIResponse withProblemBody(boolean openAi, String status, APIResponse declared) {
    APIResponse response =
        OASFactory.createAPIResponse()
            .description(declared.getDescription())
            .content(
                OASFactory.createContent()
                    .addMediaType(
                        openAi ? MediaType.APPLICATION_JSON : Problem.MEDIA_TYPE,
                        OASFactory.createMediaType()
                            .schema(OASFactory.createSchema().ref(openAi ? FAILURE : PROBLEM))));
    if (RETRYABLE.contains(status)) {
      response.addHeader(
          "Retry-After",
          OASFactory.createHeader()
              .description("seconds to wait before the next try")
              .schema(OASFactory.createSchema().addType(SchemaType.INTEGER)));
    }
    return response;
  }
}
