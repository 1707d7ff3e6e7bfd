/** HTTP: one sub-package for each group of routes. */
@NullMarked
package dev.whetstone.gateway;

import org.jspecify.annotations.NullMarked;
