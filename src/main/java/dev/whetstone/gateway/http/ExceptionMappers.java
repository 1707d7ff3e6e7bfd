package dev.whetstone.gateway.http;

import dev.whetstone.database.DatabaseBusyException;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.security.TooManyKeysException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.util.Arrays;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jboss.resteasy.reactive.server.core.multipart.MultipartParser;

/** Maps each exception that can end a request to problem details (RFC 9457). */
public final class ExceptionMappers {
  private static final Logger LOG = Logger.getLogger(ExceptionMappers.class);
  private static final int RETRY_SECONDS = 2;
  private static final String CHALLENGE = "Bearer realm=\"whetstone\"";

  private final AllowedMethods methods;

  @Inject
  ExceptionMappers(AllowedMethods methods) {
    this.methods = methods;
  }

  @ServerExceptionMapper
  public Response map(ProblemException refused) {
    Response.ResponseBuilder response = response(refused.problem());
    refused.headers().forEach(response::header);
    return response.build();
  }

  @ServerExceptionMapper({UnauthorizedException.class, AuthenticationFailedException.class})
  public Response mapUnauthorized() {
    return response(401, "unauthorized", "send a valid key as Authorization: Bearer wsk_…")
        .header("WWW-Authenticate", CHALLENGE)
        .build();
  }

  @ServerExceptionMapper
  public Response map(ForbiddenException refused) {
    return response(403, "forbidden", "this key's role may not use this route").build();
  }

  @ServerExceptionMapper
  public Response map(DatabaseUnavailableException unavailable) {
    if (unavailable instanceof DatabaseBusyException) {
      return response(503, "database_busy", "all connections to the database are in use; try again")
          .header("Retry-After", RETRY_SECONDS)
          .build();
    }
    return response(Problems.databaseUnavailable()).header("Retry-After", RETRY_SECONDS).build();
  }

  @ServerExceptionMapper
  public Response map(PolicyException refused) {
    String detail = String.valueOf(refused.getMessage());
    Response.ResponseBuilder response =
        switch (refused) {
          case PolicyException.Unknown _ -> response(404, "unknown_policy", detail);
          case PolicyException.Refused _ -> response(409, "policy_refused", detail);
          case PolicyException.NoPreviousVersion _ -> response(409, "nothing_earlier", detail);
          case PolicyException.StagingTimeout _ ->
              response(503, "not_ready", detail).header("Retry-After", RETRY_SECONDS);
        };
    return response.build();
  }

  @ServerExceptionMapper
  public Response map(TooManyKeysException refused) {
    return response(409, "too_many_keys", String.valueOf(refused.getMessage())).build();
  }

  /** Maps PostgreSQL errors that the request's text or a timeout caused; any other is a 500. */
  @ServerExceptionMapper
  public Response map(DatabaseException refused, RoutingContext request) {
    return switch (refused.sqlState()) {
      case DatabaseException.UNTRANSLATABLE_TEXT, DatabaseException.UNTRANSLATABLE_ESCAPE ->
          response(400, "invalid_text", "a text value contains U+0000, which cannot be stored")
              .build();
      case DatabaseException.TIMED_OUT ->
          response(503, "database_slow", "the database did not answer in time; try again")
              .header("Retry-After", RETRY_SECONDS)
              .build();
      default -> map((Throwable) refused, request);
    };
  }

  /** Maps a multipart body that violates RFC 7578. */
  @ServerExceptionMapper
  public Response map(MultipartParser.MalformedMessageException malformed) {
    return badMultipart();
  }

  /** Maps a multipart body that ends before its last boundary, or a disconnected client. */
  @ServerExceptionMapper
  public Response map(IOException broken, RoutingContext request) {
    if (request.response().closed()) {
      LOG.debugf(
          broken,
          "request %s: the client disconnected before the response",
          RequestLog.id(request));
      return Response.noContent().build();
    }
    String type = request.request().getHeader("Content-Type");
    boolean multipart = type != null && type.regionMatches(true, 0, "multipart/", 0, 10);
    if (multipart) {
      return badMultipart();
    }
    if (request.request().isEnded()) {
      return map((Throwable) broken, request);
    }
    LOG.debugf(broken, "request %s: its body broke off", RequestLog.id(request));
    return response(400, "broken_body", "the body broke off, or its chunks are malformed").build();
  }

  // A header of a part that ends within quotes is read beyond its end by RESTEasy's parser.
  private static boolean isOfTheFormParser(Throwable failure) {
    String parser = MultipartParser.class.getPackageName() + ".";
    return Arrays.stream(failure.getStackTrace())
        .anyMatch(frame -> frame.getClassName().startsWith(parser));
  }

  private static Response badMultipart() {
    return response(400, "invalid_multipart", "the body is not multipart/form-data").build();
  }

  /** Maps paths, methods and media types that the router itself refuses. */
  @ServerExceptionMapper
  public Response map(WebApplicationException refused, UriInfo uri) {
    int status = refused.getResponse().getStatus();
    if (status < 400) {
      return refused.getResponse();
    }
    Response.ResponseBuilder response =
        response(status, Problems.codeOf(status), detail(status, uri));
    String allowed = status == 405 ? methods.of(uri.getPath()) : null;
    return (allowed == null ? response : response.header("Allow", allowed)).build();
  }

  @ServerExceptionMapper
  public Response map(Throwable failure, RoutingContext request) {
    if (isOfTheFormParser(failure)) {
      return badMultipart();
    }
    LOG.errorf(failure, "request %s failed", RequestLog.id(request));
    return response(
            500,
            "internal",
            "internal error; the log has the cause under request id " + RequestLog.id(request))
        .build();
  }

  private static String detail(int status, UriInfo uri) {
    return switch (status) {
      case 404 -> "there is no route " + uri.getPath();
      case 405 -> "the route " + uri.getPath() + " does not support this method";
      case 406 -> "the route produces none of the accepted media types";
      case 415 ->
          "the route does not accept this media type; most routes take application/json in UTF-8";
      default -> "the request could not be processed";
    };
  }

  private static Response.ResponseBuilder response(int status, String code, String detail) {
    return response(Problems.of(status, code, detail, null));
  }

  private static Response.ResponseBuilder response(Problem problem) {
    return Response.status(problem.status()).type(Problem.MEDIA_TYPE).entity(problem);
  }
}
