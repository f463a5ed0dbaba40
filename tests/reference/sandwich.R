# Reference standard errors from R's sandwich, alone and on scores of systemfit. Run from the
# repository root:
#
#     Rscript tests/reference/sandwich.R
#
# writes tests/reference/sandwich.json: versions, and for each case the coefficients' errors in the
# order of the formulas, the system's equations one after another. Data: the US states.
#
# - lm is the first equation by OLS. vcovCL with type "HC1" has statsmodels' and simeq's factors;
#   multi0 = FALSE is their inclusion and exclusion. vcovPL with aggregate = TRUE is Driscoll and
#   Kraay's; lag = 4 has Bartlett's weights up to the fourth.
# - sandwich's methods do not see a system as one. Scores are those of the structural residuals,
#   estfun(fit, residFit = FALSE), added up over the equations of a row, state or year by rowsum.

suppressMessages({
  library(sandwich)
  library(systemfit)
})

states <- read.csv("src/simeq/datasets/us_states.csv")
output <- log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp
roads <- log(hwy) ~ log(gsp) + log(util) + unemp
instruments <- ~ log(pcap) + log(pc) + log(emp) + unemp + log(util)
errors <- function(v) unname(sqrt(diag(v)))

single <- lm(output, states)
by_time <- states[order(states$year), ]
cases <- list(
  lm_HC0 = errors(vcovHC(single, type = "HC0")),
  lm_HC1 = errors(vcovHC(single, type = "HC1")),
  lm_cluster = errors(vcovCL(single, cluster = ~state, type = "HC1")),
  lm_two_way = errors(vcovCL(single, cluster = ~ state + year, type = "HC1", multi0 = FALSE)),
  lm_driscoll_kraay = errors(vcovPL(
    single, cluster = ~ state + year, lag = 4, aggregate = TRUE, adjust = FALSE
  )),
  lm_newey_west = errors(NeweyWest(single, lag = 4, prewhite = FALSE, adjust = FALSE))
)

bartlett <- function(s, lags) {
  total <- crossprod(s)
  for (l in seq_len(lags)) {
    gamma <- crossprod(s[-seq_len(l), ], s[seq_len(nrow(s) - l), ])
    total <- total + (1 - l / (lags + 1)) * (gamma + t(gamma))
  }
  total
}

for (method in c("SUR", "3SLS")) {
  given <- list(
    list(output = output, roads = roads), method, data = states, methodResidCov = "noDfCor"
  )
  if (method == "3SLS") given$inst <- instruments
  fit <- do.call(systemfit, given)
  scores <- estfun(fit, residFit = FALSE)
  over <- function(labels) rowsum(scores, rep(labels, 2))
  sandwich_of <- function(b) errors(vcov(fit) %*% b %*% vcov(fit))
  own <- list(
    HC0 = sandwich_of(crossprod(over(seq_len(nrow(states))))),
    cluster = sandwich_of(crossprod(over(states$state))),
    driscoll_kraay = sandwich_of(bartlett(over(states$year), 4))
  )
  names(own) <- paste(tolower(method), names(own), sep = "_")
  cases <- c(cases, own)
}

body <- vapply(cases, function(x) paste(sprintf("%.17g", x), collapse = ", "), "")
versions <- vapply(c("sandwich", "systemfit"), function(p) as.character(packageVersion(p)), "")
text <- c(
  "{",
  sprintf("  \"%s\": \"%s\",", c("R", names(versions)), c(as.character(getRversion()), versions)),
  "  \"errors\": {",
  paste0("    \"", names(body), "\": [", body, "]", c(rep(",", length(body) - 1), "")),
  "  }",
  "}"
)
writeLines(text, "tests/reference/sandwich.json")
