/** What this gateway serves: versions loaded, staged, routed, and reported to the cluster. */
@NullMarked
package dev.whetstone.serving;

import org.jspecify.annotations.NullMarked;
