#!/usr/bin/env bash
# ./elbo and ./test in a copy of the project whose cmake, ninja, apt-get, dpkg-query and ctest are stand-ins that
# write down how they were called. launcher_test.sh SOURCE_DIR
set -u
source=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
project="$scratch/a project"
calls=$scratch/calls
failures=0

stand_in() { printf '#!/bin/bash\necho "%s $*" >> "%s"\n%s\n' "$1" "$calls" "$2" > "$scratch/bin/$1"; }

start_anew() {
  rm -rf "${scratch:?}"/*
  mkdir -p "$scratch/bin" "$scratch/elsewhere" "$project"
  cp -R "$source/elbo" "$source/test" "$source/setup" "$project/"
  printf 'program  alpha\nprogram  beta\ntest     gamma\n' > "$project/setup/packages"
  : > "$calls"
  stand_in dpkg-query 'printf "alpha installed\ngamma installed\n"'
  stand_in apt-get '[[ $1 != update ]] && sleep 0.1; exit 0'
  stand_in sudo 'exit 1'
  stand_in cmake 'echo configured; mkdir -p "$4"; touch "$4/build.ninja"
echo "CMAKE_HOME_DIRECTORY:INTERNAL=$2" > "$4/CMakeCache.txt"'
  stand_in ninja 'mkdir "$2/busy" || exit 3; sleep 0.1; mkdir -p "$2/bin"
printf "#!/bin/bash\necho program in \$PWD: \$*; exit 7\n" > "$2/bin/elbo"; chmod +x "$2/bin/elbo"; rmdir "$2/busy"'
  stand_in ctest 'printf "1/4 Test #1: a ...***Skipped 0.0 sec\n75%% tests passed, 1 tests failed out of 4\n"; exit 8'
  chmod +x "$scratch/bin"/*
  chmod -R a+rwX "$scratch"
}

start() { (cd "$scratch/elsewhere" && PATH=$scratch/bin:$PATH timeout 30 "$@" 2> "$scratch/stderr"); }

expect() {  # expect <what> <found> <wanted>
  [[ $2 == "$3" ]] && return
  printf 'FAILED %s\n  found:    %s\n  expected: %s\n' "$1" "$2" "$3"
  cat "$scratch/stderr"
  failures=$((failures + 1))
}

called() { grep -c "^$1" "$calls"; }

start_anew
ln -s "$project/elbo" "$scratch/link"
if ((EUID == 0)); then
  expect "the program runs where the user is, with the user's words" \
    "$(start "$scratch/link" run 'my file.toml'; echo $?)" "program in $scratch/elsewhere: run my file.toml"$'\n'7
  expect "only what is missing is installed" "$(called 'apt-get install -y.* beta -o')" 1
  expect "what is there is not installed" "$(called 'apt-get.* alpha')" 0
  : > "$calls"
  start "$scratch/link" > "$scratch/stdout"
  expect "a second start only asks ninja" "$(sed 's/ .*//' "$calls")" "ninja"
  echo 'program  delta' >> "$project/setup/packages"
  start "$scratch/link" > "$scratch/stdout"
  expect "a longer list is looked at again" "$(called 'apt-get install -y.* beta delta')" 1

  start_anew
  stand_in apt-get '[[ $1 == update ]] && { touch '"$scratch"'/lists; exit; }; [[ -e '"$scratch"'/lists ]]'
  start "$project/elbo" > "$scratch/stdout"
  expect "lists of packages that are missing are fetched" "$(called 'apt-get update')" 1
  expect "and the program starts" "$(< "$scratch/stdout")" "program in $scratch/elsewhere:"
fi

start_anew
unprivileged=()
((EUID == 0)) && unprivileged=(setpriv --reuid 65534 --regid 65534 --clear-groups)
start "${unprivileged[@]}" "$project/elbo"
expect "without rights it stops" $? 1
expect "and names the command" "$(tail -1 "$scratch/stderr")" \
  "  sudo apt-get update && sudo apt-get install -y -q --no-install-recommends beta"
expect "and builds nothing" "$(called 'ninja')" 0

export ELBO_INSTALL=no
start_anew
start "$project/elbo" > "$scratch/first" &
PATH=$scratch/bin:$PATH "$project/elbo" > "$scratch/second" 2> "$scratch/stderr2"
wait
expect "two starts at once build one after the other" "$(grep -h -c 'program in' "$scratch/first" "$scratch/second")" 1$'\n'1
expect "ELBO_INSTALL=no leaves packages alone" "$(called apt-get)" 0

start_anew
stand_in ninja 'echo "[1/2] compiling"; echo "an error in a.cpp"; exit 1'
start "$project/elbo"
expect "a failed build ends the start" $? 1
expect "with its log" "$(grep -c 'an error in a.cpp' "$scratch/stderr")" 1
expect "./test counts it" "$(start "$project/test" | tail -1)" "0 passed, 1 failed"

start_anew
expect "./test sums up" "$(start "$project/test" -L unit | tail -2; echo "${PIPESTATUS[0]}")" \
  $'1 skipped\n2 passed, 1 failed\n1'
expect "ctest gets the arguments" "$(called 'ctest .*--output-on-failure .*-L unit')" 1
stand_in ctest 'echo "100% tests passed, 0 tests failed out of 1"'
expect "./test is content" "$(start "$project/test" | tail -1; echo "${PIPESTATUS[0]}")" "1 passed, 0 failed"$'\n'0

((failures == 0)) && echo "the launcher does what it should"
exit $((failures > 0))
