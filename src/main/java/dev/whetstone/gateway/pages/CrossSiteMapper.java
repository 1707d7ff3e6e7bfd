package dev.whetstone.gateway.pages;

import dev.whetstone.gateway.http.Problem;
import dev.whetstone.gateway.http.Problems;
import dev.whetstone.security.CrossSiteException;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Maps requests that another site made a signed-in browser send. */
public final class CrossSiteMapper {
  @ServerExceptionMapper
  public Response map(CrossSiteException refused) {
    return Response.status(403)
        .type(Problem.MEDIA_TYPE)
        .entity(Problems.of(403, "cross_site", String.valueOf(refused.getMessage()), null))
        .build();
  }
}
