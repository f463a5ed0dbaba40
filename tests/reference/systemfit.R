# Reference numbers from R's systemfit. Run from the repository root:
#
#     Rscript tests/reference/systemfit.R
#
# writes tests/reference/systemfit.json. Its layout is described in README.md beside this file.
#
# Settings, and why:
# - One-step methods run with maxiter = 1, systemfit's default. That is the plain two-step estimator
#   for WLS and SUR (residuals of OLS, one GLS step) and the three steps of 3SLS.
#   W2SLS makes one step whatever maxiter says (systemfit compares method with "W2LS", so its limit is always 1).
# - Iterated forms run with maxiter = 500; systemfit stops on |db| / |b_before| <= tol. tol = 1e-12 for Klein and
#   1e-10 for the US states, where normal equations leave a jitter of about 1e-11 that tighter limits never pass.
# - residCovRestricted = TRUE (default): under constraints the first step is constrained too.
# - residCovWeighted = FALSE (default): the Sigma of SUR and 3SLS comes from OLS or 2SLS, not from WLS or W2SLS.
# - centerResiduals = FALSE (default): residuals are not centred before Sigma is formed.
# - singleEqSigma: NULL (default) is TRUE without and FALSE with constraints. OLS and 2SLS under constraints
#   are recorded both ways; FALSE has no "Theil" divisor, and the error is recorded.
# - useMatrix = FALSE: base R algebra instead of package Matrix; the estimator is the same.

suppressMessages({
  library(systemfit)
  library(jsonlite)
})

ITER_TOL <- c(klein = 1e-12, us = 1e-10)
OUT <- "tests/reference/systemfit.json"
DIVISORS <- c(none = "noDfCor", geomean = "geomean", max = "max", theil = "Theil")

# ---- JSON with 17 significant digits (jsonlite stops at 15)

number <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), "null")

json <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x)) {
    body <- vapply(x, json, "")
    if (is.null(names(x))) return(paste0("[", paste(body, collapse = ", "), "]"))
    return(paste0("{", paste0("\"", names(x), "\": ", body, collapse = ", "), "}"))
  }
  if (is.matrix(x)) return(json(lapply(seq_len(nrow(x)), function(i) I(unname(x[i, ])))))
  body <- if (is.character(x)) vapply(unclass(x), function(s) toJSON(unbox(s)), "")
          else if (is.logical(x)) ifelse(x, "true", "false")
          else number(unclass(x))
  if (length(x) == 1 && !inherits(x, "AsIs")) body else paste0("[", paste(body, collapse = ", "), "]")
}

# ---- Data and models

klein <- subset(read.csv("src/simeq/datasets/klein.csv"), year != 1920)
states <- read.csv("src/simeq/datasets/us_states.csv")

patsy_name <- function(x) {
  x <- gsub("(Intercept)", "Intercept", x, fixed = TRUE)
  gsub("\\blog\\(", "np.log(", x)
}
patsy <- function(f) patsy_name(paste(trimws(deparse(f, width.cutoff = 500)), collapse = " "))

# Equation labels of systemfit may not hold "_": `label` gives the names used in the JSON.
models <- list(
  klein = list(
    file = "src/simeq/datasets/klein.csv", drop = "year == 1920", data = klein,
    label = c(consumption = "consumption", investment = "investment", privatewages = "private_wages"),
    equations = list(
      consumption = consump ~ corpProf + corpProfLag + wages,
      investment = invest ~ corpProf + corpProfLag + capitalLag,
      privatewages = privWage ~ gnp + gnpLag + trend),
    instruments = ~ govExp + taxes + govWage + trend + capitalLag + corpProfLag + gnpLag,
    constraints = list(
      "[consumption]corpProf = [investment]corpProf" = list(
        b = c("consumption_corpProf" = 1, "investment_corpProf" = -1), q = 0),
      "[private_wages]gnp + [private_wages]gnpLag = 0.6" = list(
        b = c("privatewages_gnp" = 1, "privatewages_gnpLag" = 1), q = 0.6))),
  us_states = list(
    file = "src/simeq/datasets/us_states.csv", drop = NULL, data = states,
    label = c(output = "output", labour = "labour"),
    equations = list(
      output = log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp,
      labour = log(emp) ~ log(gsp) + log(pc) + log(hwy)),
    instruments = ~ log(pc) + log(hwy) + log(water) + log(util) + unemp + I(year - 1978),
    constraints = list(
      "[output]np.log(pcap) = [labour]np.log(hwy)" = list(
        b = c("output_log(pcap)" = 1, "labour_log(hwy)" = -1), q = 0),
      "[output]np.log(pcap) + [output]np.log(pc) + [output]np.log(emp) = 1" = list(
        b = c("output_log(pcap)" = 1, "output_log(pc)" = 1, "output_log(emp)" = 1), q = 1))))

# In us_states each dependent stands on the other's right side, so residuals that are exactly proportional are within
# reach and iteration runs into a singular Sigma. us_states_roads has no such pair; there the iterated forms converge.
models$us_states_roads <- list(
  file = "src/simeq/datasets/us_states.csv", drop = NULL, data = states,
  label = c(output = "output", roads = "roads"),
  equations = list(
    output = log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp,
    roads = log(hwy) ~ log(gsp) + log(util) + unemp),
  instruments = ~ log(pc) + log(water) + log(util) + unemp + I(year - 1978),
  constraints = list(
    "[output]unemp = [roads]unemp" = list(b = c("output_unemp" = 1, "roads_unemp" = -1), q = 0),
    "[output]np.log(pcap) + [output]np.log(pc) + [output]np.log(emp) = 1" = list(
      b = c("output_log(pcap)" = 1, "output_log(pc)" = 1, "output_log(emp)" = 1), q = 1)))

models$us_states_by_equation <- models$us_states
models$us_states_by_equation$instruments <- list(
  output = ~ log(pc) + log(hwy) + log(water) + log(util) + unemp,
  labour = ~ log(pc) + log(hwy) + log(util) + I(year - 1978))
models$us_states_by_equation$constraints <- NULL

models$us_states_roads_by_equation <- models$us_states_roads
models$us_states_roads_by_equation$instruments <- list(
  output = ~ log(pc) + log(water) + log(util) + unemp + I(year - 1978),
  roads = ~ log(pc) + log(util) + unemp + I(year - 1978))
models$us_states_roads_by_equation$constraints <- NULL

coef_names <- function(m) unlist(lapply(names(m$equations), function(eq) {
  paste(eq, colnames(model.matrix(m$equations[[eq]], m$data)), sep = "_")
}))

restrictions <- function(m) {
  names_all <- coef_names(m)
  R <- t(vapply(m$constraints, function(k) {
    stopifnot(all(names(k$b) %in% names_all))
    row <- setNames(numeric(length(names_all)), names_all)
    row[names(k$b)] <- k$b
    row
  }, numeric(length(names_all))))
  list(R = R, q = vapply(m$constraints, `[[`, 0, "q"))
}

# ---- One case

METHODS <- c(ols = "OLS", wls = "WLS", sur = "SUR", isur = "SUR", `2sls` = "2SLS", w2sls = "W2SLS",
             `3sls` = "3SLS", i3sls = "3SLS")

run <- function(dataset, method, divisor, constrained = FALSE, form = "GLS", single = NULL) {
  m <- models[[dataset]]
  iterated <- method %in% c("isur", "i3sls")
  iv <- grepl("sls", method)
  three <- method %in% c("3sls", "i3sls")
  settings <- list(
    method = METHODS[[method]], methodResidCov = DIVISORS[[divisor]],
    maxiter = if (iterated) 500 else 1, tol = if (iterated) ITER_TOL[[if (dataset == "klein") "klein" else "us"]] else 1e-5,
    method3sls = if (three) form else NULL, singleEqSigma = single, residCovRestricted = TRUE, useMatrix = FALSE)
  args <- c(list(formula = m$equations, data = m$data), settings[!vapply(settings, is.null, TRUE)])
  if (iv) args$inst <- m$instruments
  if (constrained) {
    k <- restrictions(m)
    args$restrict.matrix <- k$R
    args$restrict.rhs <- k$q
  }
  case <- list(dataset = dataset, method = method, sigma_dof = divisor, constrained = constrained,
               form = if (three) tolower(form) else NULL,
               single_eq_sigma = if (method %in% c("ols", "2sls")) {
                 if (is.null(single)) !constrained else single
               } else NULL,
               settings = settings)
  fit <- tryCatch(do.call(systemfit, args), error = function(e) conditionMessage(e))
  if (is.character(fit)) return(c(case, list(error = fit)))
  if (iterated && fit$iter >= 500) {
    return(c(case, list(error = "no convergence in 500 iterations", n_iter = fit$iter, converged = FALSE)))
  }
  s <- summary(fit)
  stopifnot(identical(names(coef(fit)), coef_names(m)))
  by_eq <- function(f) I(vapply(s$eq, f, 0))
  c(case, list(
    error = NULL,
    params = unname(coef(fit)), bse = unname(coef(s)[, 2]), pvalues = unname(coef(s)[, 4]),
    cov = unname(vcov(fit)),
    sigma = if (is.null(fit$residCovEst)) NULL else unname(fit$residCovEst),
    sigma_resid = unname(fit$residCov),
    rss = by_eq(function(e) e$ssr),
    rsquared = by_eq(function(e) e$r.squared), rsquared_adj = by_eq(function(e) e$adj.r.squared),
    df_resid_eq = I(vapply(fit$eq, df.residual, 0)), df_resid = df.residual(fit), rank = fit$rank,
    llf = as.numeric(logLik(fit)), llf_df = attr(logLik(fit), "df"),
    mcelroy = as.numeric(s$mcelroy.r.squared), ols_rsquared = s$ols.r.squared,
    n_iter = fit$iter, converged = if (iterated) TRUE else NULL))
}

cases <- list()
add <- function(...) cases[[length(cases) + 1]] <<- run(...)
for (dataset in c("klein", "us_states", "us_states_roads")) for (constrained in c(FALSE, TRUE)) {
  for (method in names(METHODS)) for (divisor in names(DIVISORS)) {
    add(dataset, method, divisor, constrained)
    if (constrained && method %in% c("ols", "2sls")) add(dataset, method, divisor, constrained, single = TRUE)
  }
}
for (dataset in c("us_states_by_equation", "us_states_roads_by_equation")) for (divisor in names(DIVISORS)) {
  for (method in c("2sls", "w2sls")) add(dataset, method, divisor)
  for (method in c("3sls", if (dataset == "us_states_roads_by_equation") "i3sls")) {
    for (form in c("GLS", "IV", "Schmidt", "EViews", "GMM")) add(dataset, method, divisor, form = form)
  }
}

# ---- Write

describe <- function(m) {
  eqs <- names(m$equations)
  terms <- unlist(lapply(eqs, function(eq) {
    lapply(colnames(model.matrix(m$equations[[eq]], m$data)),
           function(term) I(c(m$label[[eq]], patsy_name(term))))
  }), recursive = FALSE)
  relabel <- function(x) setNames(x, m$label[eqs])
  r_text <- function(f) paste(deparse(f, width.cutoff = 500), collapse = " ")
  common <- inherits(m$instruments, "formula")
  out <- list(
    file = m$file, drop = m$drop, nobs = nrow(m$data),
    equations = relabel(lapply(m$equations, patsy)),
    instruments = if (common) patsy(m$instruments) else relabel(lapply(m$instruments[eqs], patsy)),
    equations_r = relabel(lapply(m$equations, r_text)),
    instruments_r = if (common) r_text(m$instruments) else relabel(lapply(m$instruments[eqs], r_text)),
    terms = unname(terms))
  if (!is.null(m$constraints)) {
    k <- restrictions(m)
    out$constraints <- list(text = I(names(m$constraints)), R = unname(k$R), q = I(unname(k$q)))
  }
  out
}

lines <- function(x) paste(vapply(x, json, ""), collapse = ",\n  ")
described <- lapply(models, describe)
text <- c(
  "{",
  paste0("\"program\": ", json(list(
    name = "systemfit", systemfit = as.character(packageVersion("systemfit")), r = R.version.string)), ","),
  paste0("\"datasets\": {\n  ", paste0("\"", names(described), "\": ", vapply(described, json, ""),
                                       collapse = ",\n  "), "\n},"),
  paste0("\"cases\": [\n  ", lines(cases), "\n]"),
  "}")
writeLines(text, OUT)

back <- fromJSON(OUT, simplifyVector = FALSE)
stopifnot(length(back$cases) == length(cases), all(mapply(function(a, b) {
  is.null(a$params) || identical(as.numeric(unlist(a$params)), as.numeric(b$params))
}, back$cases, cases)))
cat(length(cases), "cases,", file.size(OUT), "bytes;",
    sum(vapply(cases, function(k) !is.null(k$error), TRUE)), "errors\n")
for (k in cases) if (!is.null(k$converged))
  cat(sprintf("%-27s %-6s %-8s constrained=%-5s form=%-8s n_iter=%d\n", k$dataset, k$method, k$sigma_dof,
              k$constrained, if (is.null(k$form)) "" else k$form, k$n_iter))
