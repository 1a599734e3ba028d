/* The page of a UKey: finds the certificates that are there, shows them, and has one sign the page's text.
   Every form[data-ukey] is one; its words are in templates/auth/_ukey.html, its drivers in ukey_drivers.js. */
(function () {
  'use strict';
  var drivers = window.ukeyDrivers;
  var call = drivers.call;
  var isLoopback = drivers.isLoopback;
  var QUICK = 3000;          /* whoever listens on loopback answers sooner */
  var PATIENT = 60000;       /* a browser that first asks its person for leave */
  var STALE = 60000;         /* with the agent's two minutes this stays within a challenge's three */
  var SOON = 30;             /* days before the end of a certificate */

  function ofOurScheme(addresses) {
    /* "http://… https://…": a page over TLS may only speak to the one with TLS, where there are two. */
    var all = (addresses || '').split(/\s+/).filter(isLoopback);
    var secure = all.filter(function (url) { return /^(https|wss):/.test(url); });
    var plain = all.filter(function (url) { return secure.indexOf(url) < 0; });
    return location.protocol === 'https:' ? secure[0] || plain[0] : plain[0] || secure[0];
  }
  function adaptersFor(form, wait) {
    var agent = ofOurScheme(form.getAttribute('data-agent'));
    var jit = ofOurScheme(form.getAttribute('data-jit'));
    var bjca = ofOurScheme(form.getAttribute('data-bjca'));
    return [
      agent && drivers.agentAt(agent, wait),
      jit && drivers.jitAt(jit, wait, form.getAttribute('data-jit-setup')),
      bjca && drivers.bjcaAt(bjca, wait)
    ].filter(Boolean);
  }

  /* Newer browsers ask their person before a public page may speak to this machine; older ones know no such leave. */
  function leave(done) {
    var names = ['loopback-network', 'local-network-access'];
    function next() {
      var name = names.shift();
      if (!name || !navigator.permissions || isLoopback(location.origin)) return done('granted');
      navigator.permissions.query({ name: name }).then(function (status) { done(status.state); }, next);
    }
    next();
  }

  function bind(form) {
    var held = [];            /* { adapter, certificate } as they are shown */
    var worst = 'none';
    var born = Date.now();
    var round = 0;
    var isBusy = false;
    var RANK = ['none', 'failed', 'no_key', 'refused'];

    function all(selector, inside) { return [].slice.call((inside || form).querySelectorAll(selector)); }
    function piece(name) { return form.querySelector('[data-ukey="' + name + '"]'); }
    function show() {
      var names = [].slice.call(arguments);
      all('[data-ukey]').forEach(function (part) { part.hidden = names.indexOf(part.getAttribute('data-ukey')) < 0; });
    }
    function fill(part, values) {
      all('[data-field]', part).forEach(function (place) {
        var value = values[place.getAttribute('data-field')];
        place.textContent = value === undefined || value === null ? '' : value;
      });
      all('[data-if]', part).forEach(function (place) { place.hidden = !values[place.getAttribute('data-if')]; });
    }

    function look(quietly) {
      var adapters;
      var left;
      var mine = round += 1;
      if (document.hidden && quietly) return again();
      held = [];
      worst = 'none';
      leave(function (state) {
        if (state === 'denied') return show('blocked');
        if (!quietly) show(state === 'prompt' ? 'permission' : 'looking');
        adapters = adaptersFor(form, state === 'prompt' ? PATIENT : QUICK);
        left = adapters.length;
        if (!left) show('none');
        adapters.forEach(function (adapter) {
          adapter.list(function (problem, certificates) {
            if (mine !== round || isBusy) return;
            left -= 1;
            (certificates || []).forEach(function (one) { held.push({ adapter: adapter, certificate: one }); });
            if (problem && RANK.indexOf(problem.code) > RANK.indexOf(worst)) {
              worst = problem.code;
              fill(piece(worst), { detail: problem.detail });
            }
            if (certificates) offer();
            if (left || held.length) return;
            if (worst === 'no_key') again();
            if (worst !== 'none') return show(worst);
            /* A browser that was asked meanwhile and said no keeps everything away: that is another thing. */
            leave(function (state) { show(state === 'denied' ? 'blocked' : 'none'); });
          });
        });
      });
    }
    /* Whoever is told to put the key in need not say that it is in. */
    function again() { setTimeout(function () { look(true); }, QUICK); }

    function days(until) { return Math.floor((until - Date.now()) / 864e5); }
    function date(moment) {
      function two(number) { return (number < 10 ? '0' : '') + number; }
      return moment.getFullYear() + '-' + two(moment.getMonth() + 1) + '-' + two(moment.getDate());
    }
    function offer() {
      var found = piece('found');
      var list = found.querySelector('[data-list]');
      var kept = chosen();
      all('.pick', list).forEach(function (old) { list.removeChild(old); });
      held.forEach(function (one, i) {
        var card = document.importNode(list.querySelector('template').content, true).firstElementChild;
        var certificate = one.certificate;
        var until = certificate.valid_until ? new Date(certificate.valid_until) : null;
        var left = until ? days(until) : null;
        fill(card, {
          subject: certificate.subject, named: certificate.subject, unnamed: !certificate.subject,
          uscc: (certificate.uscc || '').replace(/(.{4})(?=.)/g, '$1 '),
          issuer: held.length > 1 ? certificate.issuer : '', algorithm: certificate.algorithm,
          from: certificate.valid_from ? date(new Date(certificate.valid_from)) : '',
          until: until ? date(until) : '',
          soon: until && left >= 0 && left < SOON, days: left, over: until && left < 0
        });
        var radio = card.querySelector('input');
        radio.value = i;
        radio.checked = kept ? one === kept : i === 0;
        radio.hidden = held.length === 1;
        list.appendChild(card);
      });
      show('found');
      beside();
    }
    function chosen() {
      var radio = form.querySelector('[data-list] input:checked');
      return radio ? held[radio.value] : null;
    }
    /* What stands beside the certificates depends on the one that is chosen. */
    function beside() {
      var one = chosen();
      var asksPin = Boolean(one && one.adapter.asksPin);
      fill(piece('found').querySelector('[data-beside]'), {
        several: held.length > 1, asks_pin: asksPin, own_window: !asksPin
      });
    }

    function tell(code, value) {
      if (code === 'page') {
        all('[data-page]').forEach(function (link) { link.href = value; link.hidden = false; });
      } else {
        fill(piece(code), pinWords(value));
        show('signing', code);
      }
    }
    function pinWords(tries) { return { tries: tries, counted: tries > 1, last: tries === 1, uncounted: !tries }; }
    function fail(problem) {
      var part = piece(problem.code);
      isBusy = false;
      var code = part ? problem.code : 'failed';
      fill(piece(code), Object.assign({ detail: problem.detail }, pinWords(problem.tries)));
      if (code === 'none' || code === 'no_key' || code === 'refused') {
        show(code);
        if (code === 'no_key') again();
        return;
      }
      show(code, 'found');
      var pin = form.querySelector('[data-pin]');
      if (code === 'pin_wrong' && chosen() && chosen().adapter.asksPin) pin.focus();
    }

    /* A page that has been lying about carries a challenge that is over: take a new one from the same address. */
    function fresh(done) {
      if (Date.now() - born < STALE) return done();
      call('GET', location.href, null, '', QUICK * 5, function (text) {
        var page = new DOMParser().parseFromString(text || '', 'text/html');
        var other = page.querySelector('form[data-ukey]');
        if (!other) return location.reload();
        born = Date.now();
        form.setAttribute('data-text', other.getAttribute('data-text'));
        ['challenge_id', 'csrf_token'].forEach(function (name) { form.elements[name].value = other.elements[name].value; });
        done();
      });
    }

    form.addEventListener('change', beside);
    form.addEventListener('submit', function (event) {
      var one = chosen();
      var pin = form.querySelector('[data-pin]');
      event.preventDefault();
      if (!one || piece('found').hidden) return;
      if (one.adapter.asksPin) {
        if (!pin.value) return pin.focus();
        one.certificate.pin = pin.value;
        pin.value = '';
      }
      all('[data-page]').forEach(function (link) { link.hidden = true; });
      show('signing');
      isBusy = true;
      if (one.adapter.prepare) one.adapter.prepare();
      fresh(function () {
        one.adapter.sign(one.certificate, form.getAttribute('data-text'), function (problem, result) {
          delete one.certificate.pin;
          if (problem) return fail(problem);
          ['certificate', 'signature', 'kind'].forEach(function (name) { form.elements[name].value = result[name]; });
          show('sent');
          form.submit();
        }, tell);
      });
    });
    /* Back from the page after: what was signed is spent. */
    window.addEventListener('pageshow', function (event) { if (event.persisted) location.reload(); });
    look();
  }

  [].slice.call(document.querySelectorAll('form[data-ukey]')).forEach(bind);
})();
